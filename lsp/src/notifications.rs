//! Notifications from the client.

use std::collections::BTreeSet;
use std::path::Path;

use lint::files::PathKind;
use lint::project::Change;
use lint::watched;
use serde_json::json;
use tower_lsp_server::ls_types as lsp;

use crate::session::Session;
use crate::settings::Scope;
use crate::{uri, watch};

impl Session {
    pub(crate) fn initialized(&mut self, _: lsp::InitializedParams) {
        if let Some(process) = self.client.process {
            watch::watch_process(process, self.event_sender());
        }
        if self
            .client
            .can("/workspace/didChangeWatchedFiles/dynamicRegistration")
        {
            self.watch_files();
        }
        if self
            .client
            .can("/workspace/didChangeConfiguration/dynamicRegistration")
        {
            let registration = json!({"id": "configuration", "method": "workspace/didChangeConfiguration",
                "registerOptions": {"section": "dogwatch"}});
            // A client that refuses either reports changed settings anyway or never does.
            self.send_request(
                "client/registerCapability",
                json!({"registrations": [registration]}),
                |_, _| {},
            );
        }
        self.pull_settings();
    }

    fn watch_files(&mut self) {
        let mut globs = vec![format!("**/*.{{{}}}", watched::ENDINGS.join(","))];
        globs.extend(watched::NAMES.map(|name| format!("**/{name}")));
        self.watch_globs("files", globs);
    }

    fn watch_globs(&mut self, id: &str, globs: impl IntoIterator<Item = String>) {
        let globs = globs.into_iter();
        let watchers: Vec<_> = globs.map(|glob| json!({"globPattern": glob})).collect();
        let registration = json!({"id": id, "method": "workspace/didChangeWatchedFiles",
            "registerOptions": {"watchers": watchers}});
        self.send_request(
            "client/registerCapability",
            json!({"registrations": [registration]}),
            |_, _| {},
        );
    }

    /// Has the client watch the files that the configuration names and the usual globs miss: a baseline, a layer.
    pub(crate) fn watch_configured_files(&mut self) {
        if !self.client_watches_files() {
            return;
        }
        let configured = watched::stated(&self.project).into_iter();
        let unmatched =
            configured.filter(|path| path.extension().is_some() && !watched::is_read(path));
        let names = unmatched.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
        let names: BTreeSet<String> = names.collect();
        if names == self.watched {
            return;
        }
        const ID: &str = "stated files";
        if !self.watched.is_empty() {
            let old = json!({"id": ID, "method": "workspace/didChangeWatchedFiles"});
            // The typo is the protocol's.
            let params = json!({"unregisterations": [old]});
            self.send_request("client/unregisterCapability", params, |_, _| {});
        }
        if !names.is_empty() {
            self.watch_globs(ID, names.iter().map(|name| format!("**/{name}")));
        }
        self.watched = names;
    }

    /// True if the client reports changes to files outside the editor.
    fn client_watches_files(&self) -> bool {
        self.client
            .can("/workspace/didChangeWatchedFiles/dynamicRegistration")
    }

    fn pull_settings(&mut self) {
        if !self.client.can("/workspace/configuration") {
            return;
        }
        let params = json!({"items": [{"section": "dogwatch"}]});
        self.send_request("workspace/configuration", params, |session, answer| {
            let first = answer.as_ref().and_then(|it| it.get(0)).cloned();
            session.update_settings(&first.unwrap_or_default(), true);
        });
    }

    fn update_settings(&mut self, given: &serde_json::Value, strict: bool) {
        let before = self.settings.clone();
        self.apply_settings(given, strict);
        if before == self.settings {
            return;
        }
        if before.scope != self.settings.scope {
            self.background = Default::default();
            if self.settings.scope == Scope::Open {
                self.clear_obsolete();
            }
        }
        self.mark_all_stale();
        self.request_refresh();
    }

    /// Has the client request its inlay hints and code lenses again.
    pub(crate) fn request_refresh(&mut self) {
        let can = |what| self.client.can(what);
        let inlay = can("/workspace/inlayHint/refreshSupport");
        let lens = can("/workspace/codeLens/refreshSupport");
        if inlay {
            self.send_request("workspace/inlayHint/refresh", json!(null), |_, _| {});
        }
        if lens {
            self.send_request("workspace/codeLens/refresh", json!(null), |_, _| {});
        }
    }

    pub(crate) fn did_open(&mut self, params: lsp::DidOpenTextDocumentParams) {
        let item = params.text_document;
        let path = uri::path_of(item.uri.as_str());
        self.documents.open(
            item.uri.clone(),
            path.clone(),
            item.language_id,
            item.version,
            item.text,
        );
        self.warn_if_too_large(&item.uri, true);
        let Some(path) = path else {
            self.publish_standalone(&item.uri);
            return;
        };
        if !self.client_watches_files() {
            self.apply(Change::Everything);
        }
        if !self.renew_project_for(&path) {
            self.sync_text(&item.uri);
        }
    }

    pub(crate) fn did_change(&mut self, params: lsp::DidChangeTextDocumentParams) {
        let uri = params.text_document.uri;
        let (version, encoding) = (params.text_document.version, self.client.encoding);
        let before = self.documents.get(&uri).is_some_and(|it| it.tracked);
        let changed = self
            .documents
            .change(&uri, version, params.content_changes, encoding);
        // Ignore a change to a document that is not open.
        let Some(document) = changed else { return };
        let is_file = document.path.is_some();
        self.warn_if_too_large(&uri, before);
        if is_file {
            self.sync_text(&uri);
        } else {
            self.publish_standalone(&uri);
        }
    }

    /// Warns once that a text has become too large.
    fn warn_if_too_large(&self, uri: &lsp::Uri, before: bool) {
        if before && self.documents.get(uri).is_some_and(|it| !it.tracked) {
            let limit = lint::files::MAX_SIZE >> 20;
            let message = format!(
                "{} is larger than {limit} MiB and is not linted",
                uri.as_str()
            );
            self.show(lsp::MessageType::WARNING, &message);
        }
    }

    /// Passes the text of an open file to the project.
    fn sync_text(&mut self, uri: &lsp::Uri) {
        let Some(document) = self.documents.get(uri) else {
            return;
        };
        let Some(path) = document.path.clone() else {
            return;
        };
        // For a text that is no longer tracked, the file on disk counts.
        let change = match document.tracked {
            true => Change::Text {
                path: path.clone(),
                text: document.text.clone(),
            },
            false => Change::Closed { path: path.clone() },
        };
        self.apply(change);
        self.stale.insert(path);
    }

    pub(crate) fn did_save(&mut self, params: lsp::DidSaveTextDocumentParams) {
        // Other files may have changed before this save, and the client does not report them.
        if !self.client_watches_files() {
            self.apply(Change::Everything);
            self.mark_all_stale();
        }
        self.documents.touch(&params.text_document.uri);
    }

    pub(crate) fn did_close(&mut self, params: lsp::DidCloseTextDocumentParams) {
        let uri = params.text_document.uri;
        let Some(document) = self.documents.close(&uri) else {
            return;
        };
        if let Some(path) = document.path {
            match self.documents.at(&path).map(|twin| twin.uri.clone()) {
                // The same file is open under another URI, possibly with another text.
                Some(twin) => self.sync_text(&twin),
                None => {
                    self.results.remove(&path);
                    self.stale.remove(&path);
                    self.apply(Change::Closed { path });
                }
            }
        }
        self.published.remove(uri.as_str());
        self.publish(uri, None, Vec::new());
        self.background.total = 0;
    }

    pub(crate) fn did_change_configuration(&mut self, params: lsp::DidChangeConfigurationParams) {
        self.update_settings(&params.settings, false);
        self.pull_settings();
    }

    pub(crate) fn did_change_workspace_folders(
        &mut self,
        params: lsp::DidChangeWorkspaceFoldersParams,
    ) {
        let event = params.event;
        let removed: Vec<_> = event
            .removed
            .iter()
            .filter_map(|it| uri::path_of(it.uri.as_str()))
            .collect();
        self.client
            .folders
            .retain(|folder| !removed.contains(folder));
        for added in event.added {
            let path = uri::path_of(added.uri.as_str());
            self.client
                .folders
                .extend(path.filter(|it| !self.client.folders.contains(it)));
        }
        self.new_project();
    }

    pub(crate) fn did_change_watched_files(&mut self, params: lsp::DidChangeWatchedFilesParams) {
        self.changed_on_disk(params.changes.iter().map(|change| change.uri.as_str()));
    }

    pub(crate) fn did_create_files(&mut self, params: lsp::CreateFilesParams) {
        self.changed_on_disk(params.files.iter().map(|file| file.uri.as_str()));
    }

    pub(crate) fn did_rename_files(&mut self, params: lsp::RenameFilesParams) {
        let files = params.files.iter();
        self.changed_on_disk(files.flat_map(|file| [file.old_uri.as_str(), file.new_uri.as_str()]));
    }

    pub(crate) fn did_delete_files(&mut self, params: lsp::DeleteFilesParams) {
        self.changed_on_disk(params.files.iter().map(|file| file.uri.as_str()));
    }

    /// Handles files and folders that changed on disk.
    fn changed_on_disk<'a>(&mut self, uris: impl Iterator<Item = &'a str>) {
        let paths: Vec<_> = uris.filter_map(uri::path_of).collect();
        // What is gone is taken for a folder if its name has no ending.
        let is_file = |path: &Path| match self.disk.kind(path) {
            Some(kind) => kind == PathKind::File,
            None => path.extension().is_some(),
        };
        if paths.len() > 64 || paths.iter().any(|path| !is_file(path)) {
            self.apply(Change::Everything);
        } else {
            for path in paths {
                self.apply(Change::Disk { path });
            }
        }
        self.mark_all_stale();
        self.request_refresh();
    }

    /// Sends the syntax errors of a text that is not a file.
    fn publish_standalone(&mut self, uri: &lsp::Uri) {
        let Some(document) = self.documents.get(uri) else {
            return;
        };
        let (version, diagnostics) = (document.version, self.standalone_diagnostics(document));
        self.publish(uri.clone(), Some(version), diagnostics);
    }
}
