//! The written documents of a case, and the number (文号) that each gets with the commit of its step (art. 26, 27).

use govshare_model::id::UnitId;
use service_kit::document_number::Series;

use super::{Happened, Transition};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// 申请单, the applicant's.
    Application,
    /// 答复, the provider's.
    Answer,
    /// 书面说明 on the superior body's refusal, the provider's.
    SuperiorStatement,
}

impl DocumentKind {
    /// In which its number is counted: `发改申〔2026〕12号`.
    pub fn series(self) -> Series {
        match self {
            Self::Application => Series::Application,
            Self::Answer => Series::Answer,
            Self::SuperiorStatement => Series::SuperiorStatement,
        }
    }
}

impl Happened {
    /// The document that the step issues.
    fn document(self) -> Option<DocumentKind> {
        match self {
            Self::Submitted | Self::SubmittedToInfoOffice | Self::EnteredFromPaper => {
                Some(DocumentKind::Application)
            }
            Self::Consented | Self::Refused => Some(DocumentKind::Answer),
            Self::SuperiorRefused => Some(DocumentKind::SuperiorStatement),
            Self::Drafted
            | Self::Revised
            | Self::Forwarded
            | Self::Settled
            | Self::EntryNamed
            | Self::AnswerProposed
            | Self::Objected
            | Self::Coordinated
            | Self::RefusalStood
            | Self::LiaisonStarted
            | Self::SuperiorConsented
            | Self::CityAsked
            | Self::CityObtained
            | Self::CityRefused
            | Self::SupplementRequested
            | Self::Supplemented
            | Self::ExtensionRequested
            | Self::ExtensionGranted
            | Self::ExtensionRefused
            | Self::Withdrawn
            | Self::Agreed
            | Self::Overdue
            | Self::Reminded
            | Self::Reported => None,
        }
    }
}

impl Transition {
    /// The document that this change issues, and the unit whose it is.
    pub fn issues(&self) -> Option<(DocumentKind, &UnitId)> {
        let kind = self.happened.document()?;
        let unit = match kind {
            DocumentKind::Application => &self.request.applicant,
            DocumentKind::Answer | DocumentKind::SuperiorStatement => self.request.provider.as_ref()?,
        };
        Some((kind, unit))
    }

    /// The same change with the number of the document that it issues.
    #[must_use]
    pub fn numbered(mut self, number: String) -> Self {
        match self.happened.document() {
            None => {}
            Some(DocumentKind::Application) => self.request.document_number = number,
            Some(DocumentKind::Answer) => self.request.state.set_answer_number(number),
            Some(DocumentKind::SuperiorStatement) => {
                if let Some(matter) = &mut self.request.file.superior {
                    matter.document_number = number;
                }
            }
        }
        self
    }

    /// Number of the document that this change issues.
    pub fn document_number(&self) -> Option<&str> {
        match self.happened.document()? {
            DocumentKind::Application => Some(&self.request.document_number),
            DocumentKind::Answer => self.request.state.answer().map(|answer| answer.number.as_str()),
            DocumentKind::SuperiorStatement => {
                self.request.file.superior.as_ref().map(|matter| matter.document_number.as_str())
            }
        }
    }
}
