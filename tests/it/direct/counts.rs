//! How many programs each action runs, by which way.
