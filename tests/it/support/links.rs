//! What a page links to beside it, and whether that is there, in the checkout or where pages were installed.

use std::fs;
use std::path::Path;

/// The links of a page that lead to a file or a heading, as they are written.
pub fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.contains("://") && !target.contains([' ', '\n']))
}

/// Every link of every page in a folder that pages were installed into leads to a file that was, too.
pub fn lead_somewhere(folder: &Path) {
    let (mut pages, mut seen) = (0, 0);
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        pages += 1;
        let text = fs::read_to_string(&path).expect("UTF-8");
        for target in links(&text) {
            seen += 1;
            let file = target.split('#').next().unwrap_or_default();
            assert!(
                file.is_empty() || folder.join(file).is_file(),
                "{} links to {target}, which is not installed",
                path.display()
            );
        }
    }
    assert!(pages > 10 && seen > 20, "{pages} pages with {seen} links");
}
