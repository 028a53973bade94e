const { Nightshift } = require("nightshift");
const { BatchResult } = require("nightshift/models");
const { openNightshift } = require("nightshift/client");
console.log(typeof Nightshift, typeof BatchResult, typeof openNightshift);
