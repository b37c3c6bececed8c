;;; dogwatch.el --- Lint Helm override files, and a mode for rules  -*- lexical-binding: t -*-

;; Add to your init file: (load "/path/to/dogwatch/editors/emacs/dogwatch.el")
;; Emacs 29 and later include eglot; for older versions, install the package `eglot'.  eglot runs one server per buffer, so dogwatch
;; also reports YAML syntax errors.  For lsp-mode, which runs several servers, call `dogwatch-lsp-mode'.

;;; Code:

(defconst dogwatch-rule-keywords
  '("rule" "chart" "let" "param" "fn" "use" "severity" "source" "tags" "since" "until" "for" "when" "require" "forbid" "at" "also" "say"
    "help" "fix" "unsafe" "fails" "passes" "and" "or" "not" "in" "is" "contains" "matches" "starts" "ends" "agrees" "agree" "default"
    "if" "then" "else" "every" "some" "no" "one" "satisfies" "keys" "secret" "required" "open")
  "Keywords of the rule language.")

(defvar dogwatch-rule-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?- "_" table)
    (modify-syntax-entry ?\' "\"" table)
    table))

;;;###autoload
(define-derived-mode dogwatch-rule-mode prog-mode "Watch"
  "Major mode for dogwatch rules."
  :syntax-table dogwatch-rule-syntax-table
  (setq-local comment-start "# " indent-tabs-mode nil tab-width 2)
  (setq-local font-lock-defaults
              `((("^\\s-*##.*$" 0 font-lock-doc-face t)
                 ("\\_<\\(rule\\|chart\\|fn\\)\\s-+\\([[:word:]_-]+\\)" 2 font-lock-function-name-face)
                 (,(regexp-opt dogwatch-rule-keywords 'symbols) . font-lock-keyword-face)))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.watch\\'" . dogwatch-rule-mode))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '((dogwatch-rule-mode yaml-mode yaml-ts-mode) . ("dogwatch" "lsp"))))

(defun dogwatch-lsp-mode ()
  "Register dogwatch with lsp-mode, in addition to the YAML server."
  (with-no-warnings
    (lsp-register-client
     (make-lsp-client :new-connection (lsp-stdio-connection '("dogwatch" "lsp"))
                      :major-modes '(dogwatch-rule-mode yaml-mode yaml-ts-mode)
                      :add-on? t
                      :server-id 'dogwatch))
    (add-to-list 'lsp-language-id-configuration '(dogwatch-rule-mode . "watch"))))

(provide 'dogwatch)
;;; dogwatch.el ends here
