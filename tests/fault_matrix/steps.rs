//! The steps of a client: the columns of the matrix.

/// A step of a client, at which a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The first request of a login, for a call.
    WidgetSession,
    /// The second request of a login, for a call.
    StartSession,
    /// A call that reads.
    Call,
    /// A call that changes something, and is not repeatable.
    Change,
    /// The second of three pages of a list.
    Pages,
    /// Two calls in one request.
    Multirequest,
    /// The second of four chunks of a file.
    Upload,
    /// The renewal of a session that is still valid, for a call.
    Renewal,
    /// A call of a client that shares the session of another one, whose login has the fault.
    Adoption,
}

impl Step {
    pub(crate) const ALL: [Self; 9] = [
        Self::WidgetSession,
        Self::StartSession,
        Self::Call,
        Self::Change,
        Self::Pages,
        Self::Multirequest,
        Self::Upload,
        Self::Renewal,
        Self::Adoption,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::WidgetSession => "widget session",
            Self::StartSession => "start session",
            Self::Call => "call",
            Self::Change => "change",
            Self::Pages => "pages",
            Self::Multirequest => "multirequest",
            Self::Upload => "upload",
            Self::Renewal => "renewal",
            Self::Adoption => "adoption",
        }
    }

    /// The action whose response has the fault.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::WidgetSession => "session.startWidgetSession",
            Self::StartSession | Self::Renewal | Self::Adoption => "appToken.startSession",
            Self::Call => "appToken.get",
            Self::Change => "appToken.update",
            Self::Pages => "appToken.list",
            Self::Multirequest => "multirequest",
            Self::Upload => "uploadToken.upload",
        }
    }

    /// The first call of the action that has the fault, counted from the start of the step.
    pub(crate) const fn first_faulty_call(self) -> u64 {
        match self {
            Self::Pages | Self::Upload => 2,
            _ => 1,
        }
    }

    /// The last call that has the fault, if it lasts. The final chunk has a longer timeout than a test has.
    pub(crate) const fn last_faulty_call(self) -> u64 {
        match self {
            Self::Upload => 3,
            _ => u64::MAX,
        }
    }

    /// Whether the fault happens to a login.
    pub(crate) const fn is_login(self) -> bool {
        matches!(self, Self::WidgetSession | Self::StartSession | Self::Renewal | Self::Adoption)
    }

    /// How many requests the step takes without a fault.
    pub(crate) const fn requests(self) -> usize {
        match self {
            Self::WidgetSession | Self::StartSession => 3,
            Self::Call | Self::Change | Self::Multirequest | Self::Adoption => 1,
            // The last page is empty.
            Self::Pages => 4,
            Self::Upload => 5,
            Self::Renewal => 2,
        }
    }
}
