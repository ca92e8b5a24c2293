//! What the process ends with. Every command uses these and no other code.

/// The exit codes, as README and `--help` name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Done, or clean.
    Done = 0,
    /// Findings, failed checks, or changes pending under `--check`.
    Findings = 1,
    /// Could not run: a mistake in the project, the arguments or the machine.
    CouldNotRun = 2,
    /// A decision is missing and there is nobody to ask.
    MissingDecision = 3,
    /// Ctrl-C or Esc.
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        std::process::ExitCode::from(code as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode::*;

    #[test]
    fn exit_codes_are_those_of_the_design() {
        let codes = [Done, Findings, CouldNotRun, MissingDecision, Interrupted].map(|code| code as u8);
        assert_eq!(codes, [0, 1, 2, 3, 130]);
    }
}
