// handlebars with its compiler: it makes a function of a template with `Function`, which is inert here.
const Handlebars = require('handlebars/dist/handlebars.js')

exports.main = async () => Handlebars.compile('Hello {{name}}')({ name: 'Ada' })
