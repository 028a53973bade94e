import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { Grant, type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { JOBS_INDEX, WAKE } from "../../shared/names.ts";
import { jobIdPrefix } from "../../shared/tenants/tenant.ts";
import { grantKeyUse, type StoragePolicy } from "./storage-policy.ts";

/** What a Lambda may do with the table. A scan is not among it. */
export type TableAction = "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" | "Query";

/** The one table: jobs and their provider batches, keyed `pk` and `sk`, with an index of jobs by time. */
export class JobTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, { encryptionKey, removalPolicy }: StoragePolicy) {
    super(scope, id);
    this.table = new Table(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: "expires_at",
      ...(encryptionKey && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
      removalPolicy,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: JOBS_INDEX.name,
      partitionKey: { name: JOBS_INDEX.partition, type: AttributeType.STRING },
      sortKey: { name: JOBS_INDEX.sort, type: AttributeType.NUMBER },
      projectionType: ProjectionType.ALL,
    });
  }

  /** Lets a Lambda list all jobs, by the index. */
  grantList(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ["dynamodb:Query"],
        resources: [`${this.table.tableArn}/index/${JOBS_INDEX.name}`],
      }),
    );
  }

  /** Lets a role update wake records (`wake-record.ts`), and no others. */
  grantWakes(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ["dynamodb:UpdateItem"],
        resources: [this.table.tableArn],
        conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`${WAKE.prefix}*`] } },
      }),
    );
    grantKeyUse(this.table.encryptionKey, grantee);
  }

  /** Lets a Lambda do just these things, on the table and not on its index. */
  grant(grantee: IGrantable, actions: readonly TableAction[]): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: actions.map((action) => `dynamodb:${action}`),
        resources: [this.table.tableArn],
      }),
    );
    grantKeyUse(this.table.encryptionKey, grantee);
  }

  /**
   * Lets a tenant read the records of its jobs, and ask for a job's end. All records of a job are in the partition `job#<job_id>`.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   */
  grantTenant(grantee: IGrantable, tenant: string): void {
    const own = { "dynamodb:LeadingKeys": [`job#${jobIdPrefix(tenant)}*`] };
    // A request that names no key would pass `ForAllValues` alone.
    const named = { "dynamodb:LeadingKeys": "false" };
    const allow = (actions: TableAction[], conditions: Record<string, object>) =>
      Grant.addToPrincipal({
        grantee,
        actions: actions.map((action) => `dynamodb:${action}`),
        resourceArns: [this.table.tableArn],
        conditions: { "ForAllValues:StringLike": own, Null: named, ...conditions },
      }).assertSuccess();
    allow(["GetItem", "Query"], {});
    allow(["UpdateItem"], {
      "ForAllValues:StringEquals": { "dynamodb:Attributes": ["pk", "sk", "cancel_requested"] },
      // The others would give back attributes that were not named.
      StringEqualsIfExists: { "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"] },
    });
    grantKeyUse(this.table.encryptionKey, grantee);
  }
}
