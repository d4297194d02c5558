from grants.api_urls_proposals import urlpatterns as proposals

urlpatterns = [*proposals]
