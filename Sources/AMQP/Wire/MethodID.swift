// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The methods of AMQP 0-9-1 that this client sends or understands: class number, then method number.
enum MethodID: UInt32 {
    case connectionStart = 0x000A_000A
    case connectionStartOk = 0x000A_000B
    case connectionTune = 0x000A_001E
    case connectionTuneOk = 0x000A_001F
    case connectionOpen = 0x000A_0028
    case connectionOpenOk = 0x000A_0029
    case connectionClose = 0x000A_0032
    case connectionCloseOk = 0x000A_0033
    case connectionBlocked = 0x000A_003C
    case connectionUnblocked = 0x000A_003D
    case channelOpen = 0x0014_000A
    case channelOpenOk = 0x0014_000B
    case channelFlow = 0x0014_0014
    case channelFlowOk = 0x0014_0015
    case channelClose = 0x0014_0028
    case channelCloseOk = 0x0014_0029
    case exchangeDeclare = 0x0028_000A
    case exchangeDeclareOk = 0x0028_000B
    case queueDeclare = 0x0032_000A
    case queueDeclareOk = 0x0032_000B
    case queueBind = 0x0032_0014
    case queueBindOk = 0x0032_0015
    case queueDelete = 0x0032_0028
    case queueDeleteOk = 0x0032_0029
    case basicQos = 0x003C_000A
    case basicQosOk = 0x003C_000B
    case basicConsume = 0x003C_0014
    case basicConsumeOk = 0x003C_0015
    case basicCancel = 0x003C_001E
    case basicCancelOk = 0x003C_001F
    case basicPublish = 0x003C_0028
    case basicReturn = 0x003C_0032
    case basicDeliver = 0x003C_003C
    case basicAck = 0x003C_0050
    case basicReject = 0x003C_005A
    case basicNack = 0x003C_0078
    case confirmSelect = 0x0055_000A
    case confirmSelectOk = 0x0055_000B

    /// Whether it is spoken on channel 0, as class connection is.
    var isOfConnection: Bool { rawValue >> 16 == 10 }

    /// The method that answers this one; in all classes that are used here it has the next number.
    var reply: MethodID? { MethodID(rawValue: rawValue + 1) }
}
