//! Document numbers: without gaps and each once, whatever runs at the same time and whatever is rolled back.

use std::collections::HashSet;

use govshare_model::id::UnitId;
use service_kit::Database;
use service_kit::document_number::Series;
use time::macros::datetime;

use crate::database::database;

fn unit(text: &str) -> UnitId {
    text.parse().expect("a unit")
}

async fn next(database: &Database, unit_id: &str, prefix: &str, series: Series) -> String {
    let mut tx = database.transaction().await.expect("begun");
    let number = tx.next_document_number(&unit(unit_id), prefix, series).await.expect("a number");
    tx.commit_unasked().await.expect("committed");
    number.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_unit_series_and_year_of_shanghai_counts_from_one() {
    let (_owned, database) = database().await;
    database.clock().set(datetime!(2026-12-31 15:59 UTC));
    assert_eq!(next(&database, "jiaowei", "教委", Series::Application).await, "教委申〔2026〕1号");
    assert_eq!(next(&database, "jiaowei", "教委", Series::Application).await, "教委申〔2026〕2号");
    assert_eq!(next(&database, "jiaowei", "教委", Series::Answer).await, "教委复〔2026〕1号");
    assert_eq!(next(&database, "fagaiwei", "发改", Series::Application).await, "发改申〔2026〕1号");
    database.clock().set(datetime!(2026-12-31 16:00:01 UTC));
    assert_eq!(next(&database, "jiaowei", "教委", Series::Application).await, "教委申〔2027〕1号");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_have_neither_gaps_nor_doubles_when_others_run_and_some_roll_back() {
    let (_owned, database) = database().await;
    let tasks: Vec<_> = (0..60)
        .map(|task| {
            let database = database.clone();
            tokio::spawn(async move {
                let mut tx = database.transaction().await.expect("begun");
                let taken = tx
                    .next_document_number(&unit("jiaowei"), "教委", Series::Application)
                    .await
                    .expect("a number");
                // A third of the documents is given up after they had their number.
                if task % 3 == 0 {
                    return None;
                }
                tx.commit_unasked().await.expect("committed");
                Some(taken.number)
            })
        })
        .collect();
    let mut kept = Vec::new();
    for task in tasks {
        kept.extend(task.await.expect("no panic"));
    }
    kept.sort_unstable();
    assert_eq!(kept, (1..=40).collect::<Vec<_>>());
}

#[test]
fn no_two_series_look_alike() {
    let characters: HashSet<_> = Series::ALL.iter().map(|series| series.character()).collect();
    assert_eq!(characters.len(), Series::ALL.len());
}
