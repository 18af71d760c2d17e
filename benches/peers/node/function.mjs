// The move of one virtual interface as one would write it with the AWS SDK for JavaScript v3: every fact at once, the
// call, the event. Clients are made while the function starts. It reads what `associate` reads, but for the routes, which
// this SDK's client does not know yet, and checks far less of it.

import {
  AssociateVirtualInterfaceCommand,
  DescribeConnectionsCommand,
  DescribeDirectConnectGatewayAttachmentsCommand,
  DescribeLagsCommand,
  DescribeVirtualInterfacesCommand,
  DirectConnectClient,
} from "@aws-sdk/client-direct-connect";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

const directConnect = new DirectConnectClient({});
const eventBus = new EventBridgeClient({});

async function everyPage(Command, member, asked) {
  const found = [];
  let nextToken;
  do {
    const page = await directConnect.send(new Command({ ...asked, nextToken }));
    found.push(...(page[member] ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return found;
}

export async function handler({ virtualInterfaceId, connectionId }) {
  const interfaces = (asked) => everyPage(DescribeVirtualInterfacesCommand, "virtualInterfaces", asked);
  const [found, onTarget, inRegion, connections, lags, attachments] = await Promise.all([
    interfaces({ virtualInterfaceId }),
    interfaces({ connectionId, maxResults: 100 }),
    interfaces({ maxResults: 100 }),
    everyPage(DescribeConnectionsCommand, "connections", { maxResults: 100 }),
    everyPage(DescribeLagsCommand, "lags", { maxResults: 100 }),
    everyPage(DescribeDirectConnectGatewayAttachmentsCommand, "directConnectGatewayAttachments", {
      virtualInterfaceId,
    }),
  ]);

  const [before] = found;
  const states = new Map(connections.map((port) => [port.connectionId, port.connectionState]));
  for (const lag of lags) states.set(lag.lagId, lag.lagState);
  if (states.get(connectionId) !== "available") throw new Error("the target is not available");
  if (onTarget.some((other) => other.vlan === before.vlan)) throw new Error("the VLAN is taken");
  const sibling = (other) =>
    other.virtualInterfaceId !== virtualInterfaceId &&
    other.directConnectGatewayId === before.directConnectGatewayId;
  if (!inRegion.some(sibling)) throw new Error("no other path");

  const after = await directConnect.send(new AssociateVirtualInterfaceCommand({ virtualInterfaceId, connectionId }));
  const record = {
    outcome: "associated",
    virtualInterfaceId,
    from: before.connectionId,
    to: after.connectionId,
    state: after.virtualInterfaceState,
    attached: attachments.length,
  };
  const entry = {
    EventBusName: process.env.EVENT_BUS_NAME,
    Source: "bench",
    DetailType: "Virtual Interface Associated",
    Detail: JSON.stringify(record),
  };
  const put = await eventBus.send(new PutEventsCommand({ Entries: [entry] }));
  if (put.FailedEntryCount) throw new Error("the bus did not take the event");
  return record;
}
