include $(sort $(wildcard $(BR2_EXTERNAL_PHONED_PATH)/package/*/*.mk))
