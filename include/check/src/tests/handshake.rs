//! Is it a class module at all? The same questions that the safe wrapper asks in
//! one go, here one by one, so that each fault has its name.

use sysadm_class::abi_stable::library::ROOT_MODULE_LOADER_NAME;
use sysadm_class::ffi::{self, Class};
use sysadm_class::host::{Door, Module, inspect};

use crate::handshake::{all_there, long_enough, major, named, text};
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::{Library, Subject};

pub(crate) fn file(job: &Job) -> Outcome {
    inspect(&job.module).map_err(|e| e.to_string())?;
    Library::open(&job.module).map(|_| Pass::Passed)
}

#[expect(clippy::disallowed_methods, reason = "the thread is a host's")]
pub(crate) fn entry(job: &Job) -> Outcome {
    let library = Library::open(&job.module)?;
    let first = library.entry()?;
    ensure!(!first.is_null(), "the entry function returned null");
    // SAFETY: not null; a table of any major begins with its size.
    let copy = unsafe { bytes(first) };
    ensure!(library.entry()? == first, "the entry function returned another table when called again");
    // The library is left mapped, so its entry may be called by its address.
    let elsewhere = {
        let (path, first) = (job.module.clone(), first.addr());
        std::thread::spawn(move || Ok::<_, String>(Library::open(&path)?.entry()?.addr() == first))
    };
    let same = elsewhere.join().map_err(|_| "the entry function did not return".to_owned())??;
    ensure!(same, "the entry function returned another table on another thread");
    // SAFETY: as above.
    ensure!(unsafe { bytes(first) } == copy, "the table was changed by another call of the entry function");
    Ok(Pass::Passed)
}

/// The table's bytes, as far as it and 1.0 go.
///
/// # Safety
/// `table` is not null and points to a table that begins with its size.
unsafe fn bytes(table: *const Class) -> Vec<u8> {
    // SAFETY: by the caller's promise.
    let size = unsafe { table.cast::<u32>().read() } as usize;
    // SAFETY: as above. No longer than 1.0's, which has no padding.
    unsafe { std::slice::from_raw_parts(table.cast::<u8>(), size.min(size_of::<Class>())) }.to_vec()
}

pub(crate) fn version(job: &Job) -> Outcome {
    major(Library::open(&job.module)?.entry()?).map(|()| Pass::Passed)
}

pub(crate) fn size(job: &Job) -> Outcome {
    let class = long_enough(Library::open(&job.module)?.entry()?)?;
    // A later minor may know more flags than we do.
    let unknown = class.flags & !ffi::UNLOAD_SAFE;
    ensure!(
        class.abi_minor > ffi::ABI_MINOR || unknown == 0,
        "`flags` has bits that its minor does not know: {unknown:#x}"
    );
    Ok(Pass::Passed)
}

pub(crate) fn functions(job: &Job) -> Outcome {
    all_there(&long_enough(Library::open(&job.module)?.entry()?)?).map(|()| Pass::Passed)
}

pub(crate) fn identity(job: &Job) -> Outcome {
    let class = long_enough(Library::open(&job.module)?.entry()?)?;
    named(&class)?;
    ensure!(text(class.description).is_some(), "`description` is not UTF-8");
    Ok(Pass::Passed)
}

pub(crate) fn rust_door(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let library = Library::open(&job.module)?;
    if library.symbol(ROOT_MODULE_LOADER_NAME).is_none() {
        return Ok(Pass::Skipped("it has the C door only".to_owned()));
    }
    let module = Module::load_untrusted(&job.module, Door::Rust).map_err(|e| e.to_string())?;
    let here = [module.namespace(), module.name(), module.version(), module.description()];
    let class = subject.class;
    let there = [class.name_space, class.name, class.version, class.description].map(text);
    ensure!(here.map(Some) == there, "the doors lead to different classes: {here:?} and {there:?}");
    let instance = module
        .create(std::sync::Arc::new(sysadm_class::host::Silent), &job.config)
        .map_err(|e| e.to_string())?;
    let closed = instance.close(std::time::Duration::ZERO).map_err(|e| e.to_string())?;
    ensure!(closed.status() == sysadm_class::Status::Ok, "close answered {closed:?}");
    Ok(Pass::Passed)
}
