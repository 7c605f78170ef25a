//! What bodies look like, and that nothing comes into the HTML that is not on the list.

mod hostile;
mod table;
