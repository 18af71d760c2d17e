"""An event of AWS Health about Direct Connect, in the shape that AWS documents: nobody but AWS can put one."""

import time

import estate


def health_event(category, about=(estate.TOLD_OF, estate.TOLD_OF_INTERFACE), **more):
    entities = [{"entityValue": id, "status": "IMPAIRED"} for id in about]
    detail = {
        "eventArn": "arn:aws:health:us-east-1::event/DIRECTCONNECT/AWS_DIRECTCONNECT_OPERATIONAL_ISSUE/EXAMPLE",
        "service": "DIRECTCONNECT",
        "eventTypeCode": "AWS_DIRECTCONNECT_OPERATIONAL_ISSUE",
        "eventTypeCategory": category,
        "eventScopeCode": "ACCOUNT_SPECIFIC",
        "communicationId": "example-1",
        "startTime": "Mon, 23 Nov 2026 09:00:00 GMT",
        "endTime": "",
        "lastUpdatedTime": "Mon, 23 Nov 2026 09:00:00 GMT",
        "statusCode": "open",
        "eventRegion": estate.REGION,
        "eventDescription": [{"language": "en_US", "latestDescription": "A port is down."}],
        "affectedEntities": entities,
        "affectedAccount": estate.ACCOUNT,
        "page": "1",
        "totalPages": "1",
    }
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "AWS Health Event",
        "source": "aws.health",
        "account": estate.ACCOUNT,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "region": estate.REGION,
        "resources": [entity["entityValue"] for entity in entities],
        "detail": detail | more,
    }
