"""Chat: messages, commands and card buttons of Slack, Feishu, DingTalk and WeCom."""
