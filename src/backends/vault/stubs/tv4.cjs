// It validates the arguments of commands that we do not use.
module.exports = { validate: () => true };
