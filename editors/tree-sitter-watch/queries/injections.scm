((example_text) @injection.content
 (#set! injection.language "yaml"))

((regex) @injection.content
 (#set! injection.language "regex"))
