//! Secrets and text, cut anywhere: any chunking gives the same output, and none that still carries a secret.

use std::io::Write as _;

use wxflow::redact::Redactor;

pub(crate) fn run(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == 0);
    let (Some(cuts), Some(first), Some(second), Some(text)) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    let redactor = Redactor::new();
    for secret in [first, second] {
        let Ok(secret) = std::str::from_utf8(secret) else { return };
        // What is made of stars is not told from a mask.
        if secret.trim().len() < 6 || secret.contains('*') {
            return;
        }
        redactor.learn("s", secret, None);
    }
    let whole = redactor.mask_bytes(text);
    assert!(!redactor.carries_secret(&whole), "{:?}", String::from_utf8_lossy(&whole));
    let mut writer = redactor.writer(Vec::new());
    let mut rest = text;
    for cut in cuts.iter().map(|cut| usize::from(*cut)).chain(std::iter::repeat(usize::MAX)) {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(cut.min(rest.len()));
        writer.write_all(piece).expect("a Vec takes all");
        if cut % 2 == 0 {
            writer.flush().expect("a Vec takes all");
        }
        rest = after;
    }
    let out = writer.finish().ok().flatten().expect("a Vec takes all");
    assert_eq!(out, whole.as_ref(), "in chunks {cuts:?}");
}
