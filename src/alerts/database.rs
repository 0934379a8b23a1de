//! The history in the browser's database: one text under each id.
//!
//! Invariant: what cannot be kept costs the history of the next visit, and nothing of this one.

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransactionMode};

use crate::browser;

const NAME: &str = "aurora-alerts";
const VERSION: u32 = 1;
const STORE: &str = "episodes";

/// The open database; dropping it closes it.
#[derive(Debug)]
pub(super) struct Database(IdbDatabase);

impl Database {
    /// Opens it, and makes it where there is none.
    ///
    /// # Errors
    /// Where the browser keeps nothing: in private windows of some, and in pages from files.
    pub(super) async fn open() -> Result<Self, JsValue> {
        let factory = browser::window().ok_or(JsValue::NULL)?.indexed_db()?.ok_or(JsValue::NULL)?;
        let request: IdbOpenDbRequest = factory.open_with_u32(NAME, VERSION)?;
        let opening = request.clone();
        let make = Closure::<dyn FnMut()>::new(move || {
            if let Ok(database) = opening.result().and_then(JsCast::dyn_into::<IdbDatabase>) {
                // Where it cannot be made, every use of it fails, and that is told.
                let _ = database.create_object_store(STORE);
            }
        });
        request.set_onupgradeneeded(Some(make.as_ref().unchecked_ref()));
        let opened = done(&request).await;
        request.set_onupgradeneeded(None);
        Ok(Self(opened?.dyn_into()?))
    }

    /// Every text.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(super) async fn all(&self) -> Result<Vec<String>, JsValue> {
        let request = self.store(IdbTransactionMode::Readonly)?.get_all()?;
        let texts: Array = done(&request).await?.dyn_into()?;
        Ok(texts.iter().filter_map(|text| text.as_string()).collect())
    }

    /// Keeps `text` under `id`.
    pub(super) fn put(&self, id: &str, text: &str) {
        let put = |store: IdbObjectStore| store.put_with_key(&text.into(), &id.into());
        // A full disk is found out later and told nobody: the episode is in the page, and lost for the next one.
        let _ = self.store(IdbTransactionMode::Readwrite).and_then(put);
    }

    /// Forgets what is under `id`.
    pub(super) fn delete(&self, id: &str) {
        let delete = |store: IdbObjectStore| store.delete(&id.into());
        // What stays is found to be too old or too much the next time.
        let _ = self.store(IdbTransactionMode::Readwrite).and_then(delete);
    }

    fn store(&self, mode: IdbTransactionMode) -> Result<IdbObjectStore, JsValue> {
        self.0.transaction_with_str_and_mode(STORE, mode)?.object_store(STORE)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Waits for what is asked for.
async fn done(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    let answered = JsFuture::from(promise).await;
    request.set_onsuccess(None);
    request.set_onerror(None);
    answered?;
    request.result()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    async fn what_is_kept_is_there_when_it_is_opened_again_until_it_is_deleted() {
        let database = Database::open().await.expect("a database");
        for id in ["test 1", "test 2"] {
            database.put(id, "before");
        }
        database.put("test 1", "a text");
        database.delete("test 2");
        drop(database);
        let database = Database::open().await.expect("the same database");
        let kept = database.all().await.expect("what it holds");
        assert_eq!(
            kept.iter().filter(|text| *text == "a text" || *text == "before").collect::<Vec<_>>(),
            ["a text"]
        );
        database.delete("test 1");
        assert!(!database.all().await.expect("what it holds").contains(&"a text".to_owned()));
    }
}
