//! Seeded randomness, and ids that decode like Webex's: unpadded URL-safe base64 of `ciscospark://us/TYPE/key`.

use base64::Engine as _;
use base64::alphabet::{STANDARD as STANDARD_ALPHABET, URL_SAFE as URL_SAFE_ALPHABET};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt::Display;
use uuid::Uuid;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL_SAFE_LENIENT: GeneralPurpose = GeneralPurpose::new(&URL_SAFE_ALPHABET, LENIENT);
const STANDARD_LENIENT: GeneralPurpose = GeneralPurpose::new(&STANDARD_ALPHABET, LENIENT);

/// SplitMix64 (Steele, Lea, Flood 2014): a seed fixes everything it makes. It is no source of real secrets.
pub(super) struct Generator(u64);

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            for (to, from) in chunk.iter_mut().zip(word) {
                *to = from;
            }
        }
        bytes
    }

    pub(super) fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// From 0 up to, not including, 1.
    pub(super) fn unit(&mut self) -> f64 {
        // 53 bits fill a double's fraction exactly.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of `0..below`; 0 where `below` is 0.
    pub(super) fn below(&mut self, below: usize) -> usize {
        (self.unit() * below as f64) as usize
    }

    pub(super) fn hex<const N: usize>(&mut self) -> String {
        self.bytes::<N>().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// An access token in the shape of Webex's, `<random>_<cluster>_<org uuid>`; the cluster says whose it is.
    pub(super) fn token(&mut self, org: Uuid) -> String {
        format!("{}_SBX1_{org}", URL_SAFE_NO_PAD.encode(self.bytes::<48>()))
    }
}

/// The id of the thing of this type (`PEOPLE`, `ROOM`, …) with this key. People and organizations are always in
/// cluster `us` in the real service, newer rooms elsewhere; here all are in `us`.
pub(super) fn encode(kind: &str, key: impl Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("ciscospark://us/{kind}/{key}"))
}

/// The key inside an id of this type, whatever its cluster. Padding and the standard alphabet are let through,
/// as in the real service's own SDKs.
pub(super) fn decode(kind: &str, id: &str) -> Option<String> {
    let bytes = URL_SAFE_LENIENT.decode(id).or_else(|_| STANDARD_LENIENT.decode(id)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let mut parts = text.strip_prefix("ciscospark://")?.splitn(3, '/').skip(1);
    (parts.next()? == kind).then_some(())?;
    parts.next().map(str::to_owned)
}

/// The UUID an id stands for; a bare UUID is one too ("Expect base64 ID or UUID.").
pub(super) fn uuid(kind: &str, id: &str) -> Option<Uuid> {
    Uuid::try_parse(id).ok().or_else(|| Uuid::try_parse(&decode(kind, id)?).ok())
}

/// The two halves of a membership id, `<person uuid>:<room uuid>`.
pub(super) fn uuid_pair(kind: &str, id: &str) -> Option<(Uuid, Uuid)> {
    let key = decode(kind, id)?;
    let (left, right) = key.split_once(':')?;
    Some((Uuid::try_parse(left).ok()?, Uuid::try_parse(right).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_decode_as_webex_ids_do() {
        let key = Uuid::from_u128(7);
        let id = encode("ROOM", key);
        assert!(!id.contains('='));
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(&id).unwrap()).unwrap();
        assert_eq!(text, format!("ciscospark://us/ROOM/{key}"));
        assert_eq!(uuid("ROOM", &id), Some(key));
        assert_eq!(uuid("ROOM", &key.to_string()), Some(key));
        assert_eq!(uuid("PEOPLE", &id), None);
        assert_eq!(uuid("ROOM", "nonsense"), None);
    }

    #[test]
    fn padding_and_other_clusters_are_accepted() {
        let key = Uuid::from_u128(9);
        let padded =
            base64::engine::general_purpose::URL_SAFE.encode(format!("ciscospark://urn:TEAM:us-west-2/ROOM/{key}"));
        assert!(padded.ends_with('='));
        assert_eq!(uuid("ROOM", &padded), Some(key));
    }

    #[test]
    fn a_seed_fixes_what_is_generated() {
        let draw = |seed| {
            let mut g = Generator::new(seed);
            (g.uuid(), g.token(Uuid::nil()), g.hex::<4>())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let unit = Generator::new(3).unit();
        assert!((0.0..1.0).contains(&unit));
    }
}
