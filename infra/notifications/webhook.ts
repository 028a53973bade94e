import { Duration, Validations } from "aws-cdk-lib";
import { type IEventBus, Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { ENV } from "../../shared/names.ts";
import { grantSecrets } from "../access/secret-access.ts";
import type { Network } from "../lambdas/network.ts";
import { NightshiftFunction } from "../lambdas/nightshift-function.ts";
import type { StoragePolicy } from "../storage/storage-policy.ts";
import { deadLetterQueue, queue } from "../triggers/queues.ts";
import { OF_JOBS_AND_BATCHES } from "./event-pattern.ts";

/** Minutes until an event that was not taken is sent again; AWS advises six times the Lambda's timeout. */
const RETRY_MINUTES = 6;
/** Tries of an event: for a day. SQS allows 1,000. */
const TRIES = (24 * 60) / RETRY_MINUTES;

export interface WebhookProps {
  bus: IEventBus;
  /** An HTTPS address. */
  url: string;
  storage: StoragePolicy;
  network: Network | undefined;
}

/**
 * Posts each event of a job to an address, signed: `docs/events.md`. EventBridge itself cannot sign, so a rule puts the events into a
 * queue, and a Lambda sends them. What is not taken within a day waits in a dead-letter queue.
 */
export class Webhook extends Construct {
  /** Holds the key that signs, in base64. */
  readonly secret: ISecret;
  /** Events that nobody took. */
  readonly deadLetters: Queue;
  /** Posts one event a run. */
  readonly sender: NightshiftFunction;

  /** @throws Error naming the prop when the address cannot be used */
  constructor(scope: Construct, id: string, { bus, url, storage, network }: WebhookProps) {
    super(scope, id);
    const { encryptionKey } = storage;
    this.secret = this.makeSecret(storage);
    this.deadLetters = deadLetterQueue(this, "DeadLetters", encryptionKey);
    const events = queue(this, "Queue", encryptionKey, {
      visibilityTimeout: Duration.minutes(RETRY_MINUTES),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: TRIES },
    });
    const sender = new NightshiftFunction(this, "send-webhook", {
      folder: "functions/send-webhook",
      timeoutMinutes: 1,
      environment: { [ENV.notifyUrl]: requireSafe(url), [ENV.notifySecret]: this.secret.secretArn },
      storage,
      network,
    });
    this.sender = sender;
    grantSecrets(sender, this.secret);
    // One by one: an event that is not accepted does not delay the others.
    sender.addEventSource(new SqsEventSource(events, { batchSize: 1 }));
    new Rule(this, "JobChanged", {
      description: "Nightshift: puts each change of a job into the webhook's queue",
      eventBus: bus,
      eventPattern: OF_JOBS_AND_BATCHES,
      targets: [new SqsQueue(events)],
    });
  }

  private makeSecret({ encryptionKey }: StoragePolicy): ISecret {
    const secret = new Secret(this, "Secret", {
      description: "Nightshift: the key that signs what the webhook gets, in base64",
      // What is left is the alphabet of base64: 40 characters are 30 bytes.
      generateSecretString: { excludeCharacters: "!\"#$%&'()*,-.:;<=>?@[\\]^_`{|}~", passwordLength: 40 },
      ...(encryptionKey && { encryptionKey }),
    });
    Validations.of(secret).acknowledge({
      id: "AwsSolutions-SMG4",
      reason: "The receiver must change it, too; a new key is used five minutes after it was put here",
    });
    return secret;
  }
}

/** Over plain HTTP only this machine may be called, which is what tests do. Anyone on the way could read the events. */
function requireSafe(url: string): string {
  const { protocol, hostname } = URL.parse(url) ?? {};
  if (protocol === "https:" || (protocol === "http:" && hostname === "127.0.0.1")) return url;
  throw new Error(`notifyUrl: expected an https URL, got ${JSON.stringify(url)}`);
}
