/** What Lambdas import when they need it. Files are read in real time, during which virtual time would pass. */
import "../../functions/finalize-job/pool-leftovers.ts";
import "../../functions/sweep-jobs/executions.ts";
import "../../shared/money/tokenizer.ts";
import "../../shared/providers/anthropic/provider.ts";
import "../../shared/providers/anthropic-aws/provider.ts";
import "../../shared/providers/bedrock/provider.ts";
import "../../shared/providers/gemini/provider.ts";
import "../../shared/providers/mistral/provider.ts";
import "../../shared/providers/openai/provider.ts";
import "../../shared/report/render.ts";
import "../../shared/workflow/task-tokens.ts";
