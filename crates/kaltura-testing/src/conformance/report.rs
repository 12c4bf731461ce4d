//! What came out.

use std::fmt;

use super::Rule;

/// Whether one rule is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a rule is kept, or broken, or says nothing of this transport")]
pub enum Verdict {
    /// It is kept.
    Kept,
    /// It is broken, and this is what happened.
    Broken(String),
    /// It says nothing of this transport, and this is why.
    NotApplicable(String),
}

/// The verdict on each [`Rule`]. `Display` gives a table.
#[derive(Clone, Debug)]
#[must_use = "a report passes no judgement by itself: end with `.assert()`"]
pub struct Report {
    verdicts: Vec<(Rule, Verdict)>,
}

impl Report {
    pub(super) const fn new(verdicts: Vec<(Rule, Verdict)>) -> Self {
        Self { verdicts }
    }

    /// A verdict on each rule, in the order in which they were checked.
    pub fn verdicts(&self) -> impl Iterator<Item = (Rule, &Verdict)> {
        self.verdicts.iter().map(|(rule, verdict)| (*rule, verdict))
    }

    /// The verdict on one rule.
    #[must_use]
    pub fn verdict(&self, rule: Rule) -> &Verdict {
        self.verdicts.iter().find(|(other, _)| *other == rule).map_or(&Verdict::Kept, |(_, verdict)| verdict)
    }

    /// The rules that are broken.
    pub fn broken(&self) -> impl Iterator<Item = Rule> {
        self.verdicts().filter(|(_, verdict)| matches!(verdict, Verdict::Broken(_))).map(|(rule, _)| rule)
    }

    /// Whether no rule is broken.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.broken().next().is_none()
    }

    /// Makes sure that no rule is broken.
    ///
    /// # Panics
    ///
    /// If one is, with the whole table.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.is_kept(), "the transport does not keep its contract\n\n{self}");
    }

    fn count(&self, what: fn(&Verdict) -> bool) -> usize {
        self.verdicts.iter().filter(|(_, verdict)| what(verdict)).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (rule, verdict) in &self.verdicts {
            match verdict {
                Verdict::Kept => writeln!(f, "kept            {rule}")?,
                Verdict::Broken(what) => writeln!(f, "BROKEN          {rule}\n                  {what}")?,
                Verdict::NotApplicable(why) => {
                    writeln!(f, "not applicable  {rule}\n                  {why}")?;
                }
            }
        }
        let kept = self.count(|verdict| matches!(verdict, Verdict::Kept));
        let broken = self.count(|verdict| matches!(verdict, Verdict::Broken(_)));
        let others = self.verdicts.len() - kept - broken;
        write!(f, "\n{kept} rules kept, {broken} broken, {others} not applicable")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_table_that_tells_what_is_broken() {
        let report = Report::new(vec![
            (Rule::Method, Verdict::Kept),
            (Rule::ContentType, Verdict::Broken("it is \"text/plain\"".to_owned())),
            (Rule::Decompression, Verdict::NotApplicable("it does not ask".to_owned())),
        ]);
        assert_eq!(
            report.to_string(),
            "\
kept            each request is a POST
BROKEN          the content type is exactly application/json
                  it is \"text/plain\"
not applicable  a compressed answer arrives decompressed
                  it does not ask

1 rules kept, 1 broken, 1 not applicable"
        );
        assert_eq!(report.broken().collect::<Vec<_>>(), [Rule::ContentType]);
        let panic = std::panic::catch_unwind(|| report.assert()).unwrap_err();
        assert!(panic.downcast::<String>().unwrap().contains("it is \"text/plain\""));
    }
}
