((example_text) @injection.content
 (#set! injection.language "yaml"))
