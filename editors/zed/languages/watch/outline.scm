(rule name: (name) @name) @item
(chart name: (name) @name) @item
(function name: (name) @name) @item
(param name: (name) @name) @item
(file (let name: (name) @name) @item)
