module.exports = { Plugin: class {} };
