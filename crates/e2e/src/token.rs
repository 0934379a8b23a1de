//! Owns the feed's token file, and entering a token as a person does.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Result;
use fantoccini::Locator;

use crate::browser::Browser;
use crate::stack::{BANNER, Stack};

const DIALOG: &str = "dialog[open]";
const FIELD: &str = "dialog[open] #token";

/// Writes `token` into `file`, readable for its owner alone.
///
/// # Errors
/// When it cannot be written.
pub fn write(file: &Path, token: &str) -> Result<()> {
    std::fs::write(file, token)?;
    Ok(std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?)
}

/// Waits until the page gives the server's `reason`, in the dialog or in the banner, and enters `token` in the dialog.
///
/// # Errors
/// After [`Stack::patience`] without it, and when the dialog cannot be used.
pub async fn enter(stack: &Stack, reason: &str, token: &str) -> Result<()> {
    let asked = async |page: &Browser| {
        let words = page.text_of(BANNER).await? + &page.text_of(DIALOG).await?;
        Ok(words.contains(reason).then_some(()))
    };
    stack.until(&format!("the page says why it wants a token: {reason}"), asked).await?;
    let client = stack.browser.client();
    if !stack.browser.is_visible(DIALOG).await? {
        client.find(Locator::Css(&format!("{BANNER} button"))).await?.click().await?;
    }
    let open = async |page: &Browser| {
        let says = page.text_of(DIALOG).await?.contains(reason);
        Ok((says && page.is_visible(FIELD).await?).then_some(()))
    };
    stack.until("the dialog is open and says the same", open).await?;
    client.find(Locator::Css(FIELD)).await?.send_keys(token).await?;
    Ok(client.find(Locator::Css("dialog[open] form button[type='submit']")).await?.click().await?)
}
