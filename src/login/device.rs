//! The device grant, waited for: ask, tell the code, and ask again until somebody agrees elsewhere.

use super::{Around, Granted, LoginError, Progress};
use crate::http::Transport;
use crate::oauth::{Client, ErrorKind, Poll, owner, poll_device, start_device};

/// Signs in on another device.
///
/// # Errors
/// The server gives out no code, the person declines, or nobody agrees before the code ends.
pub async fn device(
    client: &Client,
    scopes: &[String],
    transport: &dyn Transport,
    around: &dyn Around,
) -> Result<Granted, LoginError> {
    let mut code = start_device(client, scopes, transport, around.now()).await?;
    around.learn("device code", code.secret());
    around.tell(&Progress::Code(&code));
    let tokens = loop {
        tokio::time::sleep(code.interval).await;
        match poll_device(client, &mut code, transport, around.now()).await {
            Ok(Poll::Granted(tokens)) => break *tokens,
            Ok(Poll::Pending) => {}
            // The person is on the way: one lost packet, or one bad minute of the server, ends nothing.
            Err(error) if matches!(error.kind, ErrorKind::Unreachable | ErrorKind::ServerError) => {}
            Err(error) => return Err(error.into()),
        }
    };
    around.learn("access token", tokens.access.expose());
    tokens.refresh.iter().for_each(|token| around.learn("refresh token", token.expose()));
    around.keep(&tokens).await?;
    let owner = owner(client, &tokens.access, transport).await;
    Ok(Granted { tokens, asked: scopes.to_vec(), owner, at: around.now() })
}
