//! The `wxflow` program: everything is in the library, so that it can be tested.

fn main() -> std::process::ExitCode {
    wxflow::cli::main()
}
