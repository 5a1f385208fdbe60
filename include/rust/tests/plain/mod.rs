//! What most classes of these tests have in common.

/// A class that has nothing to tell of itself: it is well, and leaves nothing to the next version.
macro_rules! leaves_nothing {
    () => {
        fn health(&self, _: &Call<'_>) -> Reply {
            Reply::bare(Status::Ok)
        }
        fn export_state(&self, _: &Call<'_>) -> Reply {
            Reply::bare(Status::Ok)
        }
        fn import_state(&self, _: &Call<'_>, _: &[u8]) -> Reply {
            Reply::bare(Status::Ok)
        }
    };
}
