const ms = require("ms");

exports.title = (text) => text.charAt(0).toUpperCase() + text.slice(1);
exports.loan = ms("21d");
