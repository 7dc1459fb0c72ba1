//! Expressions as they are parsed. A test asks for the same few over and over, and parsing them takes longer than all the
//! rest of a recompute.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use cel::Program;

thread_local! {
    static PARSED: RefCell<BTreeMap<String, Rc<Program>>> = RefCell::default();
}

/// A text as it is parsed.
pub(super) fn parsed(text: &str) -> Result<Rc<Program>, String> {
    PARSED.with_borrow_mut(|known| {
        if let Some(program) = known.get(text) {
            return Ok(Rc::clone(program));
        }
        let program = Rc::new(Program::compile(text).map_err(|error| error.to_string())?);
        known.insert(text.to_owned(), Rc::clone(&program));
        Ok(program)
    })
}
