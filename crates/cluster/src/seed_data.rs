//! The units and shared databases that article 12 names, as the sandbox starts with them (`data/seed.toml`).

use govshare_model::Role;
use govshare_model::id::UnitId;
use serde::Deserialize;
use time::Date;

/// What a fresh sandbox registers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    pub units: Vec<SeedUnit>,
    pub databases: Vec<SharedDatabase>,
}

/// A unit (各单位) as it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedUnit {
    pub id: UnitId,
    /// The name the policy calls it by.
    pub name: String,
    /// Other names that the policy calls it by.
    #[serde(default)]
    pub aliases: Vec<String>,
    pub kind: UnitKind,
    /// 机关代字 of its document numbers; made up for the sandbox.
    pub short_name: String,
    /// Made-up unified social credit code (GB 32100) for the sandbox; without one the unit is provisional.
    pub credit_code: String,
    /// Roles that this unit's staff hold for the whole district, beside those that every unit has.
    #[serde(default)]
    pub roles: Vec<Role>,
}

/// The kinds of unit to which the policy applies (art. 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnitKind {
    /// 行政机关
    AdministrativeOrgan,
    /// 垂直管理机关
    VerticalOrgan,
    /// 派出机关
    DispatchedOrgan,
    /// 法律、法规授权管理公共事务的组织
    AuthorizedOrganization,
    /// 依法受委托的组织
    EntrustedOrganization,
}

/// A shared database with those who lead its building and running (art. 12).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedDatabase {
    pub id: String,
    pub name: String,
    pub kind: DatabaseKind,
    /// One or more lead units (牵头单位), each of [`Seed::units`].
    pub leads: Vec<UnitId>,
    /// The clause of article 12, e.g. `（十四）`.
    pub clause: String,
    /// The day from which the leads hold the task.
    #[serde(with = "day")]
    pub effective: Date,
}

/// The kinds of shared database (art. 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DatabaseKind {
    /// 基础库
    Base,
    /// 共享专题数据库
    Thematic,
    /// 领域协同库
    Collaborative,
}

time::serde::format_description!(day, Date, "[year]-[month]-[day]");

impl Seed {
    /// The seed that this build ships.
    pub fn builtin() -> Seed {
        toml::from_str(include_str!("../data/seed.toml")).expect("the shipped seed parses: a test says so")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Article 12 (一) to (十七) as promulgated, the brackets made uniform.
    const ARTICLE_12: &str = "\
（一）区人口计生委牵头协调人口基础数据库建设和管理。
（二）区发展改革委牵头协调法人基础数据库建设和管理。
（三）区发展改革委、区统计局共同牵头协调经济与社会基础数据库建设和管理。
（四）西城规划分局牵头协调地理空间基础数据库建设和管理。
（五）区卫生局牵头协调卫生共享专题数据库建设和管理。
（六）区城市监督指挥中心牵头协调城市管理共享专题数据库建设和管理。
（七）区人力社保局牵头协调人力社保共享专题数据库建设和管理。
（八）区教委牵头协调教育共享专题数据库建设和管理。
（九）区档案局牵头协调档案共享专题数据库建设和管理。
（十）区安监局牵头协调安全生产共享专题数据库建设和管理。
（十一）区应急办牵头协调应急共享专题数据库和图像共享数据库建设和管理。
（十二）区行政服务中心牵头协调行政服务共享专题数据库建设和管理。
（十三）区发展改革委牵头经济运行领域协同库建设和管理。
（十四）区城市管理监督指挥中心和区市政市容委牵头城市运行领域协同库建设和管理。
（十五）西城规划分局和区市政市容委牵头资源环境领域协同库建设和管理。
（十六）区社会办和区政府信息办牵头全响应领域协同库建设和管理。
（十七）区政府信息办牵头政务效能提升领域协同库建设和管理。";

    fn unit<'a>(seed: &'a Seed, id: &UnitId) -> &'a SeedUnit {
        seed.units.iter().find(|unit| unit.id == *id).unwrap_or_else(|| panic!("{id} is not a unit"))
    }

    #[test]
    fn every_database_of_article_12_is_there_with_exactly_the_leads_that_its_clause_names() {
        let seed = Seed::builtin();
        let mut rebuilt = Vec::new();
        for clause in ARTICLE_12.lines() {
            let databases: Vec<_> =
                seed.databases.iter().filter(|db| clause.starts_with(&db.clause)).collect();
            let first = databases.first().unwrap_or_else(|| panic!("nothing for {clause}"));
            assert!(databases.iter().all(|db| db.leads == first.leads), "{clause}");
            let named = first.leads.iter().map(|lead| {
                let lead = unit(&seed, lead);
                let names: Vec<_> = std::iter::once(&lead.name).chain(&lead.aliases).collect();
                *names
                    .iter()
                    .find(|name| clause.contains(**name))
                    .unwrap_or_else(|| panic!("{names:?}: {clause}"))
            });
            let leads: Vec<&str> = named.map(String::as_str).collect();
            let names: Vec<&str> = databases.iter().map(|db| db.name.as_str()).collect();
            let (separator, verb) = match first.kind {
                DatabaseKind::Collaborative => ("和", "牵头"),
                _ if leads.len() > 1 => ("、", "共同牵头协调"),
                _ => ("、", "牵头协调"),
            };
            rebuilt.push(format!(
                "{}{}{verb}{}建设和管理。",
                first.clause,
                leads.join(separator),
                names.join("和")
            ));
        }
        assert_eq!(rebuilt.join("\n"), ARTICLE_12);
        assert_eq!(
            seed.databases.len(),
            ARTICLE_12.matches("数据库").count() + ARTICLE_12.matches("协同库").count()
        );
    }

    #[test]
    fn kinds_follow_the_names_and_all_hold_from_the_day_the_policy_came_into_force() {
        let seed = Seed::builtin();
        let kind_of = |name: &str| match name {
            name if name.ends_with("基础数据库") => DatabaseKind::Base,
            name if name.ends_with("领域协同库") => DatabaseKind::Collaborative,
            _ => DatabaseKind::Thematic,
        };
        for database in &seed.databases {
            assert_eq!(database.kind, kind_of(&database.name), "{}", database.name);
            assert_eq!(database.effective, time::macros::date!(2014 - 08 - 01), "{}", database.name);
        }
    }

    #[test]
    fn ids_and_names_are_unique() {
        let seed = Seed::builtin();
        let mut unit_ids: Vec<_> = seed.units.iter().map(|unit| &unit.id).collect();
        let mut names: Vec<_> =
            seed.units.iter().flat_map(|u| std::iter::once(&u.name).chain(&u.aliases)).collect();
        let mut database_ids: Vec<_> = seed.databases.iter().map(|database| &database.id).collect();
        let counts = (unit_ids.len(), names.len(), database_ids.len());
        unit_ids.sort();
        unit_ids.dedup();
        names.sort();
        names.dedup();
        database_ids.sort();
        database_ids.dedup();
        assert_eq!((unit_ids.len(), names.len(), database_ids.len()), counts);
    }

    #[test]
    fn every_role_that_acts_for_the_district_is_held_by_exactly_one_unit() {
        let seed = Seed::builtin();
        for role in [Role::InfoOffice, Role::SecrecyBureau, Role::WorkingGroup, Role::Auditor] {
            let holders = seed.units.iter().filter(|unit| unit.roles.contains(&role)).count();
            assert_eq!(holders, 1, "{}", role.as_str());
        }
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        let error = toml::from_str::<Seed>(
            "databases = []\n[[units]]\nid = \"ab\"\nname = \"x\"\nkind = \"VERTICAL_ORGAN\"\nlead = true",
        )
        .expect_err("`lead` is no field of a unit");
        assert!(error.to_string().contains("lead"), "{error}");
    }
}
