//! The session file.

use std::path::PathBuf;
use zeroize::Zeroizing;

pub(crate) struct SessionFile(PathBuf);
pub(crate) struct FileError {
    pub kind: FileErrorKind,
    pub message: String,
}
#[allow(dead_code)]
pub(crate) enum FileErrorKind {
    Failed,
    Unavailable,
    Corrupt,
}
pub(crate) enum Judgement {
    Replace,
    SetAside,
    Keep,
}
fn failed(error: std::io::Error) -> FileError {
    FileError {
        kind: FileErrorKind::Failed,
        message: error.to_string(),
    }
}
impl SessionFile {
    pub fn new(path: PathBuf) -> Result<Self, String> {
        Ok(SessionFile(path))
    }
    pub fn load(&self) -> Result<Option<Zeroizing<String>>, FileError> {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
    pub fn update(
        &self,
        text: Option<&str>,
        judge: &dyn Fn(Option<&str>) -> Judgement,
    ) -> Result<(), FileError> {
        let stored = self.load()?;
        if matches!(judge(stored.as_ref().map(|s| s.as_str())), Judgement::Keep) {
            return Ok(());
        }
        match text {
            Some(text) => std::fs::write(&self.0, text).map_err(failed),
            None => {
                let _ = std::fs::remove_file(&self.0);
                Ok(())
            }
        }
    }
}
