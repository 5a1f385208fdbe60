//! Machines of both generations as zfs, zpool, jls and iocage's files told them, beside what
//! the real iocage printed then: what is told without iocage is the same to the byte.
//!
//! The machines were recorded on real ZFS pools with the real programs; here is of them what
//! is asked for. `replay` plays one.

mod doubts;
mod python;
mod real;
mod replay;
mod rules;
mod shell;
mod spoiled;
