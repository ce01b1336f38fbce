//! Tokens on disk: one file per environment and client in the person's state folder, for nobody else to read.
//!
//! The lock is a file of its own beside it: the tokens' file is replaced whole, so a lock on it would be on the old one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::read::reason;
use crate::oauth::{ErrorKind, Locked, Locking, OAuthError, StoreKey, TokenStore, Tokens};

/// How long to wait before asking for a lock again that another run holds: it is held for one token request.
const PATIENCE: Duration = Duration::from_millis(25);

/// The person's tokens in a folder.
#[derive(Clone, Debug)]
pub struct FileStore {
    folder: PathBuf,
}

impl FileStore {
    /// The store in `folder`, which is made on the first write.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The person's own: `wxflow/tokens` in `state_home` (`XDG_STATE_HOME`; a relative one does not count, as the XDG
    /// base directory specification wants it), else in `~/.local/state`; `None` without a home.
    #[must_use]
    pub fn of_person(state_home: Option<&Path>, home: Option<&Path>) -> Option<Self> {
        let given = state_home.filter(|path| path.is_absolute()).map(Path::to_path_buf);
        let state = given.or_else(|| home.map(|home| home.join(".local/state")))?;
        Some(Self::new(state.join("wxflow/tokens")))
    }

    /// All that is kept, by name (`ENVIRONMENT.CLIENT.…`), sorted.
    #[must_use]
    pub fn all(&self) -> Vec<(String, Result<Tokens, OAuthError>)> {
        let read = |name: String| {
            let tokens = read(&self.folder.join(format!("{name}.json"))).transpose()?;
            Some((name, tokens))
        };
        self.names().into_iter().filter_map(read).collect()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
        names.sort();
        names
    }

    fn file(&self, key: &StoreKey) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }

    async fn wait(&self, key: &StoreKey) -> Result<Box<dyn Locked>, OAuthError> {
        private_folder(&self.folder).map_err(|e| failed("make", &self.folder, &e))?;
        let path = self.folder.join(format!("{key}.lock"));
        let lock = private(OpenOptions::new().create(true).write(true).truncate(false)).open(&path);
        let lock = lock.map_err(|e| failed("open", &path, &e))?;
        loop {
            // A blocking lock would stop the runtime in which the holder waits for its reply.
            match lock.try_lock() {
                Ok(()) => return Ok(Box::new(LockedFile { file: self.file(key), _lock: lock })),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(PATIENCE).await,
                Err(TryLockError::Error(e)) => return Err(failed("lock", &path, &e)),
            }
        }
    }
}

impl TokenStore for FileStore {
    fn read(&self, key: &StoreKey) -> Result<Option<Tokens>, OAuthError> {
        read(&self.file(key))
    }

    fn lock<'a>(&'a self, key: &'a StoreKey) -> Locking<'a> {
        Box::pin(self.wait(key))
    }
}

struct LockedFile {
    file: PathBuf,
    /// Closing it gives the lock back, also when the process dies.
    _lock: File,
}

impl Locked for LockedFile {
    fn read(&self) -> Result<Option<Tokens>, OAuthError> {
        read(&self.file)
    }

    fn write(&self, tokens: &Tokens) -> Result<(), OAuthError> {
        replace(&self.file, format!("{:#}\n", tokens.to_value()).as_bytes())
            .map_err(|e| failed("write", &self.file, &e))
    }

    fn remove(&self) -> Result<(), OAuthError> {
        match fs::remove_file(&self.file) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("remove", &self.file, &e)),
            _ => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<Option<Tokens>, OAuthError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed("read", path, &e)),
    };
    let tokens = serde_json::from_slice(&bytes).ok().and_then(|value| Tokens::from_value(&value));
    tokens.map(Some).ok_or_else(|| {
        let message = format!("{} does not hold tokens as wxflow writes them", path.display());
        OAuthError::new(ErrorKind::Store, message).with_help("remove the file and sign in again")
    })
}

/// Writes beside and renames: whoever reads meanwhile gets the old tokens or the new ones, whole.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // A temporary file has mode 0600 from the start.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(|_| ()).map_err(|e| e.error)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn failed(verb: &str, path: &Path, error: &io::Error) -> OAuthError {
    OAuthError::new(ErrorKind::Store, format!("cannot {verb} {}: {}", path.display(), reason(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderMap, Request, Response, Sending, Transport, Url};
    use crate::oauth::{Client, Grant, Keeper};
    use jiff::Timestamp;
    use serde_json::json;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn client() -> Client {
        Client::new(Grant::AuthorizationCode, Url::parse("https://a.example/token").unwrap(), "C1")
    }

    fn tokens(access: &str, expires_in: i64) -> Tokens {
        let reply = json!({"access_token": access, "refresh_token": "r", "expires_in": expires_in});
        Tokens::parse(&reply, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn run<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    struct Counting<'a>(&'a AtomicU32);

    impl Transport for Counting<'_> {
        fn send<'a>(&'a self, _: &'a Request) -> Sending<'a> {
            let n = self.0.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                tokio::task::yield_now().await;
                let body = json!({"access_token": format!("new-{n}"), "expires_in": 3600}).to_string();
                Ok(Response::new(200, HeaderMap::new(), body.into()))
            })
        }
    }

    #[test]
    fn the_state_folder_is_the_persons() {
        let folder = |state: Option<&str>, home: Option<&str>| {
            FileStore::of_person(state.map(Path::new), home.map(Path::new)).map(|store| store.folder)
        };
        assert_eq!(folder(Some("/s"), Some("/h")), Some(PathBuf::from("/s/wxflow/tokens")));
        assert_eq!(folder(Some("s"), Some("/h")), Some(PathBuf::from("/h/.local/state/wxflow/tokens")));
        assert_eq!(folder(None, None), None);
    }

    #[test]
    fn written_for_one_person_read_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new(dir.path().join("a/b"));
        let key = StoreKey::new("prod", "webex", &client());
        assert_eq!(store.read(&key).unwrap(), None);
        let locked = run(store.lock(&key)).unwrap();
        locked.write(&tokens("a", 1)).unwrap();
        locked.write(&tokens("b", 1)).unwrap();
        assert_eq!(store.read(&key).unwrap(), Some(tokens("b", 1)));
        assert_eq!(store.names(), [key.to_string()]);
        #[cfg(unix)]
        for entry in fs::read_dir(dir.path().join("a/b")).unwrap() {
            use std::os::unix::fs::PermissionsExt as _;
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        }
        locked.remove().unwrap();
        locked.remove().unwrap();
        assert_eq!(locked.read().unwrap(), None);
    }

    #[test]
    fn a_damaged_file_is_told_and_its_text_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new(dir.path().to_owned());
        let key = StoreKey::new("prod", "webex", &client());
        fs::write(store.file(&key), "{\"access_token\": \"hunter2\"").unwrap();
        let error = store.read(&key).unwrap_err();
        assert!(error.kind == ErrorKind::Store && !error.message.contains("hunter2"), "{error}");
    }

    #[test]
    fn fifty_flows_on_five_threads_make_one_refresh() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new(dir.path().to_owned());
        let count = AtomicU32::new(0);
        // A store each, as if each thread were a process of its own: only the files are shared.
        let keeper = || Keeper::new(client(), "prod", "webex", Arc::new(store.clone()));
        run(keeper().keep(&tokens("old", 59))).unwrap();
        let ask = || async {
            let now = || Timestamp::UNIX_EPOCH;
            keeper().tokens(None, &Counting(&count), &now).await.unwrap().access.expose().to_owned()
        };
        let ten = || run(async { tokio::join!(ask(), ask(), ask(), ask(), ask(), ask(), ask(), ask(), ask(), ask()) });
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..5).map(|_| scope.spawn(ten)).collect();
            for thread in threads {
                let found = thread.join().unwrap();
                assert!(found.0 == "new-0" && found.9 == "new-0", "{found:?}");
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_says_what_to_change() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("f"), "").unwrap();
        let store = FileStore::new(dir.path().join("f/tokens"));
        let Err(error) = run(store.lock(&StoreKey::new("e", "c", &client()))) else { panic!("a file is no folder") };
        assert!(error.message.starts_with("cannot make ") && error.help.contains("XDG_STATE_HOME"), "{error}");
    }
}
