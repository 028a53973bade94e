// A CDK app as a user has it, in plain JavaScript.
import { App, Stack } from "aws-cdk-lib";
import { Nightshift } from "nightshift";

const app = new App();
const stack = new Stack(app, "App");
new Nightshift(stack, "Nightshift", { tenants: { acme: { ownKeys: ["openai"] } } });
app.synth();
