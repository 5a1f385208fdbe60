//! What the processes of this server say to each other, and what `sysadmctl` says to it: lines, each a JSON object, UTF-8, ended
//! by a line feed, in both directions over a Unix socket. A line is a frame of sysadm's WebSocket form, so
//! that the front passes on what its clients send without understanding it, and a script needs no more than `nc -U`.
//!
//! # The two sockets
//!
//! Of who connects to the first, for people and scripts on this machine, the kernel tells the user, and with that his rights: nobody
//! logs in (who does is from then on the one whom he has named). Who connects to the second, the front's, is a stranger until he has
//! logged in. Its first line, before any request, says for whom it speaks; it is answered by nothing:
//!
//! ```json
//! {"peer":"192.0.2.7:40112","form":"websocket"}
//! ```
//!
//! `peer` is for the log and for slowing down failures; nothing is granted for it. `form` is `websocket`, `rest` or `events`.
//! There is one connection to it for each client, so that what one of them is never mixes with another.
//!
//! # Requests
//!
//! `{"namespace":"sysadm","name":"iocage","id":"x","args":{...}}`, all but `args` texts; without `args` the whole object is the args.
//! They are answered in the order in which their work ends.
//! A request may bring its own login, which holds for it alone and changes nothing of who the connection is:
//!
//! ```json
//! {"namespace":"sysadm","name":"iocage","id":"x","args":{...},"login":{"username":"alice","password":"..."}}
//! {"namespace":"sysadm","name":"iocage","id":"x","args":{...},"login":{"token":"..."}}
//! ```
//!
//! With `"limited":true` it is done with limited access, whoever asks: the front says so of what a link can ask for.
//!
//! # Answers
//!
//! `{"args":{...},"id":"x","name":"response","namespace":"sysadm"}`, or, where the status is not 200,
//! `{"args":{"code":"403","error":"why","message":"Forbidden"},"id":"x","name":"error","namespace":"error"}`; the code is a text, as
//! sysadm has it; `error` and `retry_after` (seconds, a number, with 429 and 503) stand there where there is something to say.
//! What the codes are: 400 no request, 401 nobody has logged in or the login is wrong, 403 not for him, 404 no such class, 429 too many
//! failures or requests of his, 500 a defect, 503 too much to do, or the server ends.
//!
//! # Events
//!
//! Who has subscribed gets `{"args":{...},"id":"","name":"dispatcher","namespace":"events"}` between answers. What he may not see does not
//! come; what comes faster than he reads is left out, and the next event has `"missed": N` beside `args`.
//!
//! # The server's own classes
//!
//! | request | who | args | answer's args |
//! |---|---|---|---|
//! | `rpc/identify` | all | | `{"hostname":"vm","type":"server"}` |
//! | `rpc/auth` | all | `{"username":..,"password":..}` | `["TOKEN",900]` |
//! | `rpc/auth_token` | all | `{"token":..}` | `["TOKEN",900]`; also of the tokens that `sysadmctl` makes |
//! | `rpc/auth_clear` | all | | none, as ever: it is not answered |
//! | `rpc/query` | who is logged in | | `{"rpc/dispatcher":"read/write","sysadm/iocage":"read"}` |
//! | `rpc/whoami` | who is logged in | | `{"access":"full","name":"alice"}`, and `actions` where they are limited |
//! | `rpc/describe` | who is logged in | `{}` | `{"classes":[...]}`, each as `sysadm.describe/1` has it, the server's own `rpc/dispatcher` and `rpc/modules` among them |
//! | `rpc/metrics` | who is logged in | | `{"text":"# HELP ..."}`, in the text form of Prometheus |
//! | `rpc/health` | all | | `{"ok":true}`; of who is logged in also `classes` with their generations |
//! | `rpc/dispatcher`, `rpc/modules` | see `include/doc/jobs.md` and `swap.md` | | |
//! | `events/subscribe`, `events/unsubscribe` | who is logged in | a text or an array: `dispatcher`, `iocage`, `system-state`, the name of a loaded class | `{"subscribe":"the last one"}` |

pub mod frame;
pub mod start;
