//! What is signed, and which signatures count.

use agreement::agreement::{DocumentKind, Rejection};
use agreement::case::Ground;
use agreement::signing::{self, Key};
use agreement::signing_input;

use crate::support::{content, drafted, key, unit};

const AGREEMENT: DocumentKind = DocumentKind::Agreement;

#[test]
fn the_signed_bytes_name_type_and_algorithm_before_the_document() {
    assert_eq!(signing_input(AGREEMENT, "ed25519", b"text"), b"govshare/agreement/v1\ned25519\ntext");
    assert_eq!(
        signing_input(DocumentKind::Confidentiality, "ed25519", "文".as_bytes()),
        "govshare/confidentiality/v1\ned25519\n文".as_bytes()
    );
}

#[test]
fn only_the_units_active_key_over_the_exact_bytes_verifies() {
    let (_, documents) = drafted(&[Ground::TradeSecret]);
    let document = content(&documents, AGREEMENT);
    let (pair, good) = key("jiaowei", 1);
    let over = |bytes: &[u8]| pair.sign(bytes).as_ref().to_vec();
    let right = || over(&signing_input(AGREEMENT, "ed25519", document));
    let mut flipped = right();
    flipped[10] ^= 1;
    let mut longer = document.to_vec();
    longer.push(b'\n');
    let (_, other) = key("jiaowei", 2);
    let confidentiality = signing_input(DocumentKind::Confidentiality, "ed25519", document);
    type Case<'c> = (&'c str, &'c str, Key, Vec<u8>, Option<Rejection>);
    let cases: [Case; 10] = [
        ("all right", "jiaowei", good.clone(), right(), None),
        ("bare document", "jiaowei", good.clone(), over(document), Some(Rejection::SignatureInvalid)),
        ("another type", "jiaowei", good.clone(), over(&confidentiality), Some(Rejection::SignatureInvalid)),
        (
            "another algorithm",
            "jiaowei",
            good.clone(),
            over(&signing_input(AGREEMENT, "ed448", document)),
            Some(Rejection::SignatureInvalid),
        ),
        (
            "one byte more",
            "jiaowei",
            good.clone(),
            over(&signing_input(AGREEMENT, "ed25519", &longer)),
            Some(Rejection::SignatureInvalid),
        ),
        ("a flipped bit", "jiaowei", good.clone(), flipped, Some(Rejection::SignatureInvalid)),
        ("another key", "jiaowei", other, right(), Some(Rejection::SignatureInvalid)),
        (
            "a key that is not active",
            "jiaowei",
            Key { active: false, ..good.clone() },
            right(),
            Some(Rejection::KeyNotActive),
        ),
        ("another unit's key", "weishengju", good.clone(), right(), Some(Rejection::KeyNotActive)),
        (
            "a key of an unknown algorithm",
            "jiaowei",
            Key { algorithm: "rsa".to_owned(), ..good },
            right(),
            Some(Rejection::KeyNotActive),
        ),
    ];
    for (case, by, key, signature, refused) in cases {
        let verified = signing::verify(AGREEMENT, document, &unit(by), &key, signature);
        assert_eq!(verified.err(), refused, "{case}");
    }
}
