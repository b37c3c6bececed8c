(rule_body) @class.inside
(rule) @class.around
(function body: (_) @function.inside) @function.around
(comment) @comment.inside
(doc_comment) @comment.inside
(example_text) @test.inside
(example) @test.around
