//! The user that an upload token or an entry belongs to (wire contract, sections 10.4 and 10.8).

use super::state::are_equal;

/// The user that an object belongs to: that of the KS that created it, unless the call named another.
///
/// All sessions of the user own the object. KSs with an empty user are one owner, KSs without a user another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Owner {
    user: Option<String>,
    /// Whether sessions of the user own the object.
    is_present: bool,
}

impl Owner {
    pub(crate) fn new(user: Option<&str>) -> Self {
        Self { user: user.map(str::to_owned), is_present: true }
    }

    /// The owner of an object that belongs to no session.
    pub(crate) fn none() -> Self {
        Self { user: Some(String::new()), is_present: false }
    }

    /// The user id in a result.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Whether the object belongs to the sessions of this user.
    pub(crate) fn is(&self, user: Option<&str>) -> bool {
        self.is_present && self.has_user(user)
    }

    /// The user was deleted. A new user with the same id is another owner.
    pub(crate) fn user_deleted(&mut self, user: &str) {
        if self.has_user(Some(user)) {
            self.is_present = false;
        }
    }

    fn has_user(&self, user: Option<&str>) -> bool {
        match (self.user.as_deref(), user) {
            (Some(own), Some(user)) => are_equal(own, user),
            (own, user) => own == user,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_compared_as_in_the_database() {
        let owner = Owner::new(Some("Alice"));
        assert!(owner.is(Some("aLICE ")));
        for other in [Some(" alice"), Some("alicé"), Some(""), None] {
            assert!(!owner.is(other), "{other:?}");
        }
    }

    #[test]
    fn an_empty_user_no_user_and_user_0_are_three_owners() {
        let users = [Some(""), None, Some("0")];
        for (index, user) in users.into_iter().enumerate() {
            let is = users.map(|other| Owner::new(user).is(other));
            assert_eq!(is, [index == 0, index == 1, index == 2]);
        }
        assert!(!Owner::none().is(Some("")));
    }

    #[test]
    fn a_deleted_user_that_comes_back_is_another_owner() {
        let mut owner = Owner::new(Some("alice"));
        owner.user_deleted("bob");
        assert!(owner.is(Some("alice")));
        owner.user_deleted("ALICE");
        assert!(!owner.is(Some("alice")));
        assert_eq!(owner.user(), Some("alice"));
    }
}
