// It renders the paths of commands that we do not use.
module.exports = {};
