// Runs three rule packs of cdk-nag over a CloudFormation template: node scanners.nag.js TEMPLATE.json FOLDER
// The findings are in FOLDER/validation-report.json.
const { readFileSync } = require("fs");
const { App, Stack, Validations } = require("aws-cdk-lib");
const { CfnInclude } = require("aws-cdk-lib/cloudformation-include");
const { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } = require("cdk-nag");

const [templateFile, outdir] = process.argv.slice(2);
const declared = JSON.parse(readFileSync(templateFile)).Parameters ?? {};
// Rules that look at a number do not look at a parameter: they get what is deployed unless somebody says otherwise.
const numbers = Object.entries(declared).filter(([, parameter]) => parameter.Type === "Number");
const parameters = Object.fromEntries(numbers.map(([name, parameter]) => [name, parameter.Default]));

const app = new App({ outdir, context: { "@aws-cdk/core:failSynthOnValidationErrors": false } });
new CfnInclude(new Stack(app, "stack"), "template", { templateFile, parameters });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app), new NIST80053R5Checks(app));
app.synth();
