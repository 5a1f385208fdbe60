//! `df`: space of the jails. Its columns have a fixed least width, unlike those of all other tables, so a single blank
//! can stand between two of them. Templates are not in it.

use super::{pool, properties};
use crate::session::{Outcome, Session};

pub(super) fn df(session: &mut Session, _words: &[String]) -> Outcome {
    let state = session.view()?;
    let pool = pool::active(&state);
    session.output.out(&line(["UUID", "CRT", "RES", "QTA", "USE", "AVA", "TAG"]));
    for jail in pool.jails.iter().filter(|jail| !jail.is_template()) {
        let value = |name| properties::of_jail(&state, pool, jail, name);
        let cells =
            ["host_hostuuid", "compressratio", "reservation", "quota", "used", "available", "tag"].map(value);
        session.output.out(&line(cells.each_ref().map(String::as_str)));
    }
    Ok(0)
}

fn line([uuid, crt, res, qta, used, ava, tag]: [&str; 7]) -> String {
    format!("{uuid:<36}  {crt:<6}  {res:<5}  {qta:<5}  {used:<5}  {ava:<5} {tag}\n")
}
