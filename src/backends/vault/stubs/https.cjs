// It is for node-vault's own HTTP client, which is never reached. What speaks TLS here is node:https.
module.exports = {};
