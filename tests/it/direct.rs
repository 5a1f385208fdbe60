//! What is answered past iocage, held against iocage: on machines of a simulator that tells
//! one machine through all of its programs. `agree` asks both ways on thousands of random
//! ones, which `machines` makes; `counts` says how many programs each action runs, by which
//! way. `simulated` has the machine in this process, where asking it starts none.

mod agree;
mod counts;
mod machines;
mod simulated;
mod together;
mod unknown;
