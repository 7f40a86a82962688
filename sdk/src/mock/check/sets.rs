//! Sets of fields of which some must be given, or not together.

use super::{Checked, Checker, Params, Refusal, joined};
use crate::mock::catalogue::Sets;

impl Checker<'_> {
    /// `path` leads to the struct that the fields are of.
    pub(super) fn sets(&self, sets: &Sets, given: &Params, path: &str) -> Checked {
        let whole = |set: &&Vec<String>| set.iter().all(|name| given.contains_key(name));
        let touched = |set: &&Vec<String>| set.iter().any(|name| given.contains_key(name));
        let Sets { exclusive, any_of } = sets;
        if !exclusive.is_empty()
            && (exclusive.iter().filter(whole).count(), exclusive.iter().filter(touched).count()) != (1, 1)
        {
            return Err(self.refused("exactly", exclusive, path));
        }
        if !any_of.is_empty() && !any_of.iter().any(|set| whole(&set)) {
            return Err(self.refused("at least", any_of, path));
        }
        Ok(())
    }

    fn refused(&self, how_many: &str, sets: &[Vec<String>], path: &str) -> Refusal {
        let named = |set: &Vec<String>| {
            let names: Vec<String> = set.iter().map(|name| format!("`{}`", joined(path, name))).collect();
            names.join(", ")
        };
        let names: Vec<String> = sets.iter().map(named).collect();
        Refusal::new(self.usual_code(), format!("{how_many} one of these must be given: {}", names.join(" or ")))
    }
}
