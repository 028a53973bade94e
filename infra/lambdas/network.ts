import {
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
} from "aws-cdk-lib/aws-ec2";
import type { Construct } from "constructs";
import type { NightshiftProps } from "../nightshift-props.ts";

/** Where the Lambdas run, when in a VPC: CDK's own props. */
export interface Network {
  vpc: IVpc;
  vpcSubnets: SubnetSelection | undefined;
  securityGroups: ISecurityGroup[];
}

/** The Lambdas' network. One security group for all, which lets out HTTPS alone, when none is given. */
export function network(
  scope: Construct,
  { vpc, vpcSubnets, securityGroups }: Pick<NightshiftProps, keyof Network>,
): Network | undefined {
  if (vpc) return { vpc, vpcSubnets, securityGroups: securityGroups ?? [httpsOut(scope, vpc)] };
  if (vpcSubnets || securityGroups) throw new Error("vpcSubnets and securityGroups need a vpc: give it too");
  return undefined;
}

function httpsOut(scope: Construct, vpc: IVpc): SecurityGroup {
  const description = "Nightshift: HTTPS to AWS and to the providers";
  const group = new SecurityGroup(scope, "SecurityGroup", { vpc, description, allowAllOutbound: false });
  group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), description);
  return group;
}
