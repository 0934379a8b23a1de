//! Aurora Live, the dashboard: starts the page. Everything is in the library, where tests reach it.

#[cfg(target_arch = "wasm32")]
fn main() {
    aurora_dashboard::start();
}

#[cfg(not(target_arch = "wasm32"))]
#[expect(clippy::print_stderr, reason = "the one thing that this program does natively is to say what it is")]
fn main() {
    eprintln!("The dashboard runs in a browser: `cargo xtask run` builds, serves and opens it.");
    std::process::exit(2);
}
