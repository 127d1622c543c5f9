use crate::Decision;

/// A subject that a decision allowed: what was not permitted cannot become one.
///
/// ```compile_fail
/// let forged = rolecall_policy::Permitted { subject: "everything" };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted<T> {
    subject: T,
}

impl<T> Permitted<T> {
    /// Takes a subject if the decision allows it, or gives it back.
    pub fn by(decision: &Decision<'_>, subject: T) -> Result<Self, T> {
        if decision.is_allowed() { Ok(Self { subject }) } else { Err(subject) }
    }

    /// Takes a subject whatever the decision, and tells of a denial: for a service that watches what
    /// its policies would do before it enforces them.
    pub fn watching(decision: &Decision<'_>, subject: T, tell: impl FnOnce(&Decision<'_>)) -> Self {
        if !decision.is_allowed() {
            tell(decision);
        }
        Self { subject }
    }

    /// What was permitted.
    pub fn subject(&self) -> &T {
        &self.subject
    }

    /// What was permitted, without the proof.
    pub fn into_subject(self) -> T {
        self.subject
    }

    /// Turns the subject into what follows from it.
    pub fn map<U>(self, follow: impl FnOnce(T) -> U) -> Permitted<U> {
        Permitted { subject: follow(self.subject) }
    }

    /// Turns the subject into what follows from it, or fails.
    pub fn try_map<U, E>(self, follow: impl FnOnce(T) -> Result<U, E>) -> Result<Permitted<U>, E> {
        follow(self.subject).map(|subject| Permitted { subject })
    }

    /// Subjects that were each permitted are permitted together.
    pub fn all(subjects: Vec<Self>) -> Permitted<Vec<T>> {
        Permitted { subject: subjects.into_iter().map(Self::into_subject).collect() }
    }
}
