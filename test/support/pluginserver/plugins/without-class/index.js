module.exports = { Name: 'without-class', Schema: [] };
