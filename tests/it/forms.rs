//! Every form in which iocage is known to answer, by small texts of our own in
//! the same form: what `recordings` holds against the real programs' words is so
//! covered where there are no recordings, and with it what nobody has recorded.

mod asked;
mod changes;
mod doubt;
mod left;
mod listings;
mod made;
mod pools;
mod reasons;
mod shell;
mod tables;
mod turned;
